from django import forms


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(min_value=0, max_value=999)


class PriceForm(forms.Form):
    price = forms.DecimalField(min_value=0, max_digits=8, decimal_places=2)


class RefundForm(forms.Form):
    reason = forms.CharField(max_length=80)


class CheckoutForm(forms.Form):
    """The browser checks the card number and never sends it: the demo needs none."""

    delivery_address = forms.CharField(
        min_length=10, max_length=300, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"})
    )

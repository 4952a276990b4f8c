"""The user flow "Buy a product", step by step."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from playwright.async_api import Page, expect

# Labels what happens inside: `async with step("Sign in", "account"):`
Step = Callable[[str, str], AbstractAsyncContextManager[None]]
PAUSE_SECONDS = (0.15, 0.4)


@dataclass(frozen=True)
class Errand:
    """A purchase: the customer, the search term, the product and quantity, and the delivery address."""

    customer: str
    search: str
    product: str
    quantity: int
    address: str


ERRANDS = (
    Errand("Amara Okafor", "ethiopia", "Guji Natural", 2, "3 Harbourside Walk\nBristol BS1 5TX"),
    Errand("Jonas Lindqvist", "steel", "Steel Cone Filter", 1, "21 Wharf Road\nCardiff CF10 4QS"),
    Errand("Mei Tanaka", "cup", "Flat White Cup, slate", 4, "8 Mill Street\nLeeds LS9 8BS"),
    Errand("Rafael Duarte", "grinder", "Traveller Hand Grinder", 1, "77 Castle Terrace\nEdinburgh EH1 2EL"),
)


async def buy(page: Page, shop: str, variant: str, errand: Errand, step: Step) -> None:
    """From the shop's first page to the confirmed order. Each step ends when its result is visible."""
    await enter(page, shop, variant, errand, step)
    await choose(page, errand, step)
    await order(page, errand, step)


async def enter(page: Page, shop: str, variant: str, errand: Errand, step: Step) -> None:
    async with step("Open the shop", "browse"):
        await page.goto(f"{shop}/?variant={variant}")
        await expect(page.locator("[data-found]")).to_have_text("48 products")
    async with step("Sign in", "account"):
        await page.get_by_role("link", name="Sign in").click()
        await page.get_by_role("button", name=errand.customer).click()
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def choose(page: Page, errand: Errand, step: Step) -> None:
    async with step("Sort by price", "browse"):
        await page.get_by_label("Sort").select_option("cheap")
        await wait_for_drawing(page)
    async with step("Search the catalogue", "browse"):
        await page.get_by_label("Search").press_sequentially(errand.search, delay=60)
        await wait_for_drawing(page)
    async with step("Open the product", "browse"):
        await page.get_by_role("link", name=errand.product, exact=True).click()
        await expect(page.locator("[data-goes-with] .card").first).to_be_visible()
    async with step("Add to cart", "cart"):
        await page.get_by_role("button", name="Add to cart").click()
        await expect(page.get_by_text("In your cart.")).to_be_visible()


async def order(page: Page, errand: Errand, step: Step) -> None:
    async with step("Change the quantity", "cart"):
        await page.get_by_role("link", name="Cart").click()
        await page.get_by_label("Quantity of").fill(str(errand.quantity))
        await page.get_by_role("button", name="Change").click()
        await expect(page.get_by_label("Quantity of")).to_have_value(str(errand.quantity))
    async with step("Fill in the order", "checkout"):
        await page.get_by_role("link", name="Check out").click()
        await page.get_by_label("Deliver to").fill(errand.address)
        await page.get_by_label("Card number").press_sequentially("4242424242424242", delay=25)
        await expect(page.get_by_text("Looks right.")).to_be_visible()
    async with step("Pay and order", "checkout"):
        await page.get_by_role("button", name="Pay and order").click()
        await expect(page.get_by_text("Thank you.")).to_be_visible()


async def wait_for_drawing(page: Page) -> None:
    """Return once the browser has drawn the result of the last input."""
    await page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


async def pause(chance: random.Random) -> None:
    """Pause as long as a person who knows the shop would."""
    await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))


async def pack(page: Page, shop: str, broken: bool) -> None:
    """Let the staff ship the newest order, or refund it if `broken`. It adds audited actions and is not measured."""
    await page.goto(shop)
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(f"{shop}/sign-in/?next=/staff/orders/")
    await page.get_by_role("button", name="Ingrid Voss").click()
    await page.get_by_role("button", name="Refund" if broken else "Ship").first.click()
    await expect(page.get_by_role("status")).to_be_visible()

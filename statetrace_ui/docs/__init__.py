"""The product's documentation as pages of the site: the Markdown of docs/, rendered, linked and searched."""

"""Where operations are entered. All methods of a path stand on one router: Django asks the first that has the path."""

from ninja import Router

flows = Router()  # below /userflows, and below its older name
others = Router()

"""What people do with a source that is there: pause and resume it, give it another address, remove it."""

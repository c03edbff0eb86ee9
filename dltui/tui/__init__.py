"""The interactive front end, over the same logs and the same renderers as the command line.

What the app gives to a screen or widget, and what it asks of it:

self.app.look         the TerminalCapabilities to draw with; it follows the theme. Textual calls
                      `notify_style_update` when it changes.
self.app.settings     remembered: `settings.get("runs.sort", "created")`, `settings.set("runs.sort", "steps")`
self.app.remote       a slow line: draw less
def drain(self)       of a screen: called at every tick of the app's one timer while the screen is shown
HELP = "Title\\nText"  of a screen or widget: a title, then a sentence or two on what it is; `?` shows it with the keys
Binding(..., id=...)  "<screen or widget>.<action>", so that keys.toml can give it another key
"""

"""``bench open``: the engine in a browser on one's own machine, for those who use no terminal.

Pages are forms that a server on 127.0.0.1 fills in, without a script: the keyboard and a screen reader work as in any
form, and nothing leaves the machine. Built on Starlette, the smallest of the well-kept choices (Shiny and NiceGUI draw
their controls with scripts of several megabytes that a keyboard has to be taught).
"""

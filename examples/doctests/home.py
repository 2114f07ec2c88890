"""Every task has a home of its own: what one leaves there, no other sees.

>>> import pathlib
>>> marker = pathlib.Path.home() / ".farm-example"
>>> marker.exists()
False
>>> marker.write_text("mine")
4
>>> marker.read_text()
'mine'
"""

"""The methods of the library asked by their word and keys, and the analyses of a model made with them."""

"""The page on the computer in the car: officers look at hits there, and say what became of them."""

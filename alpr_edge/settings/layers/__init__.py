"""What a department sets in a unit from afar, over the settings file of the car (policy 462.3.1).

The department's values win over the file's, for the keys of an explicit list alone. Whoever holds the car can change
its file, so a rule of the department that the file could undo would be none; and what is not on the list (identity,
keys, addresses, devices, paths) cannot be changed by anybody who does not hold the car.
"""

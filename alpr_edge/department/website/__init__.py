"""The static site for the public: months in counts, the policy as it is in force, and the roots of the log."""

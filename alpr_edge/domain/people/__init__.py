"""Who may use the system: people, their credentials, and the department's signed roster of them."""

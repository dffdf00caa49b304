"""Small documents of the department that a unit fetches whole, and only when they changed, or holds, or sends."""

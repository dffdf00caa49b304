// Leads away once another page of this browser says that the session is locked or has ended, to what looks at it itself.
new BroadcastChannel("session").addEventListener("message", () => location.replace("/left"));

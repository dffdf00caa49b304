// Tells the other pages of this browser that the session is locked or has ended: plates may be on them.
new BroadcastChannel("session").postMessage("closed");

// The stream of events by which the unit tells an open page that something changed.
const RETRY_MS = 1000;

// Listens until the returned function is called. A browser has few connections to one unit: every page that is in sight
// keeps its stream, and of the hidden ones the one hidden last, whose title is seen in the list of windows.
export function listen(handlers, onLost) {
  let stream = null;
  let retry = 0;
  let isOver = false;
  let letOthers = () => {};

  function open() {
    close();
    stream = new EventSource("/live");
    for (const [name, handle] of Object.entries(handlers)) {
      stream.addEventListener(name, handle);
    }
    stream.addEventListener("theme", (event) => dispatchEvent(new CustomEvent("unit-theme", { detail: event.data })));
    stream.onerror = () => {
      close();
      retry = setTimeout(open, RETRY_MS);
      onLost();
    };
  }

  function close() {
    clearTimeout(retry);
    retry = 0;
    stream?.close();
    stream = null;
  }

  // Whoever takes the lock takes it from the page that was hidden before.
  function changeSight() {
    letOthers();
    if (isOver) {
      return;
    }
    if (!document.hidden) {
      if (stream === null && retry === 0) {
        open();
      }
      return;
    }
    const held = () =>
      new Promise((resolve) => {
        letOthers = resolve;
      });
    navigator.locks.request("stream-of-hidden-page", { steal: true }, held).catch(() => document.hidden && close());
  }

  // A page that the browser kept and shows again has stopped to listen, and is old.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  document.addEventListener("visibilitychange", changeSight);
  open();
  if (document.hidden) {
    changeSight();
  }
  return () => {
    isOver = true;
    close();
  };
}

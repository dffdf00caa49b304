// What forms cannot do: take the token out of the address.

const opening = document.querySelector("form[data-token-from-address]");
if (opening !== null && location.hash.length > 1) {
  opening.elements.namedItem("token").value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname); // not in the history, nor on the screen
}

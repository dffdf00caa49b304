// What forms cannot do: take the token out of the address, and make a passkey.

const opening = document.querySelector("form[data-token-from-address]");
if (opening !== null && location.hash.length > 1) {
  opening.elements.namedItem("token").value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname); // not in the history, nor on the screen
}

const button = document.querySelector("button[data-register-passkey]");
button?.addEventListener("click", async () => {
  const fault = document.querySelector("[data-passkey-fault]");
  fault.hidden = true;
  button.disabled = true;
  try {
    await register();
    location.reload();
  } catch (error) {
    fault.textContent = `No passkey was added: ${error.message}`;
    fault.hidden = false;
    button.disabled = false;
  }
});

async function register() {
  if (window.PublicKeyCredential?.parseCreationOptionsFromJSON === undefined) {
    throw new Error("this browser is too old for it.");
  }
  const options = await (await post("/invitation/passkeys/options", "")).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  await post("/invitation/passkeys", JSON.stringify(credential.toJSON()));
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) {
    throw new Error("the department did not accept it.");
  }
  return answer;
}

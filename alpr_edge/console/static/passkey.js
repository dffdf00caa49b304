// Signs in with a passkey: what a form cannot do.
const button = document.querySelector("button[data-passkey]");
const fault = document.querySelector("[data-passkey-fault]");

if (button && window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const tick = document.querySelector("input[name=acknowledged]");
    if (tick && !tick.reportValidity()) {
      return;
    }
    fault.hidden = true;
    button.disabled = true;
    try {
      await signIn(button.dataset.passkey, tick ? "yes" : "");
      location.assign("/");
    } catch (error) {
      const isCancelled = error.name === "NotAllowedError";
      fault.textContent = isCancelled ? "It was cancelled, or took too long." : error.message;
      fault.hidden = false;
      button.disabled = false;
    }
  });
}

async function signIn(path, acknowledged) {
  const options = await (await post("/passkey/options", "")).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  const answer = JSON.stringify(credential.toJSON());
  await post(path, new URLSearchParams({ acknowledged, answer }));
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return answer;
}

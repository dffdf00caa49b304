// Signs in with a passkey: what a form cannot do.
const CAN = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

function offer() {
  const button = document.querySelector("button[data-passkey][hidden]");
  if (button && CAN) {
    button.hidden = false;
    button.addEventListener("click", () => press(button));
  }
}

async function press(button) {
  const tick = document.querySelector("input[name=acknowledged]");
  if (tick && !tick.reportValidity()) {
    return;
  }
  const fault = document.querySelector("[data-passkey-fault]");
  fault.hidden = true;
  button.disabled = true;
  try {
    const answer = await signIn(button.dataset.passkey, tick ? "yes" : "");
    location.assign((await answer.text()) || document.querySelector("main").dataset.page || "/"); // what needs a confirmation answers with where to go on
  } catch (error) {
    const isCancelled = error.name === "NotAllowedError";
    fault.textContent = isCancelled ? "It was cancelled, or took too long." : error.message;
    fault.hidden = false;
    button.disabled = false;
  }
}

async function signIn(path, acknowledged) {
  const options = await (await post("/passkey/options", "")).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  const answer = JSON.stringify(credential.toJSON());
  return post(path, new URLSearchParams({ acknowledged, answer }));
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return answer;
}

new MutationObserver(offer).observe(document.body, { childList: true, subtree: true });
offer();

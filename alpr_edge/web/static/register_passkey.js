// Makes a passkey: what a form cannot do. The button has the path that gives options and takes the answer. The page gives
// it disabled, so that no click is lost before this script is there.
const REASONS = {
  InvalidStateError: "this key has one already.",
  NotAllowedError: "it was cancelled, took too long, or the key asks for neither a PIN nor a finger.",
};

const button = document.querySelector("button[data-register-passkey]");
button?.addEventListener("click", async () => {
  const fault = document.querySelector("[data-passkey-fault]");
  fault.hidden = true;
  button.disabled = true;
  try {
    await register(button.dataset.registerPasskey);
    location.reload();
  } catch (error) {
    fault.textContent = `No passkey was added: ${REASONS[error.name] ?? error.message}`;
    fault.hidden = false;
    button.disabled = false;
  }
});
if (button !== null) {
  button.disabled = false;
}

async function register(path) {
  if (window.PublicKeyCredential?.parseCreationOptionsFromJSON === undefined) {
    throw new Error("this browser is too old for it.");
  }
  const options = await (await post(`${path}/options`, "")).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  await post(path, new URLSearchParams({ answer: JSON.stringify(credential.toJSON()) }));
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) {
    throw new Error("the department did not accept it.");
  }
  return answer;
}

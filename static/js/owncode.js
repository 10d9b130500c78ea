// The code of an answer: of the request that brought it, until the form is changed. An answer from a run comes with
// it; else the server makes it from the form as it was sent.
window.ownCode = (() => {
  const form = document.getElementById("request-form");
  const codes = document.querySelector("#result [data-part=codes]");
  let sent = null; // the form as it was sent, until it is changed
  let shown = null; // the answer whose code is shown; none if it is the form's
  let isNew = true; // whether the form was changed since its code was asked for

  const forget = () => {
    sent = null;
    isNew = true;
  };
  form.addEventListener("input", forget);
  document.body.addEventListener("playground:changed", forget);
  codes.addEventListener("htmx:after:swap", () => {
    shown = null;
  });
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement !== codes) return;
    if (shown && !isNew) event.preventDefault(); // a field was only left
    isNew = false;
    if (!sent) return;
    // It was typed just before it was sent. By now, the form may have the answer.
    const { body } = ctx.request;
    for (const name of [...body.keys()]) body.delete(name);
    for (const [name, value] of sent) body.append(name, value);
  });

  // `answer` has the form that was `sent` for it, or its `code`.
  async function show(answer) {
    if (shown === answer) return;
    shown = answer;
    htmx.trigger(codes, "htmx:abort"); // the form's, if it is on its way
    try {
      if (!answer.code) {
        const [body, headers] = [new URLSearchParams(answer.sent), { "HX-Request": "true" }];
        const response = await fetch(codes.getAttribute("hx-post"), { method: "POST", body, headers });
        if (response.ok) answer.code = await response.text();
      }
      if (shown !== answer || !answer.code) return;
      await htmx.swap({ text: answer.code, target: codes, sourceElement: codes, swap: "innerHTML" });
      shown = answer;
    } catch {
      shown = null; // the playground is out of reach: the code stays
    }
  }

  return {
    show,
    sending(state) {
      sent = state;
    },
    arrived(answer) {
      if (!sent) return; // the form's is shown
      if (shown) show(answer);
      else shown = answer;
    },
    // The page came with it.
    loaded(answer) {
      answer.code = codes.innerHTML;
      shown = answer;
    },
  };
})();

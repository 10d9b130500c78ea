// The code of an answer: of the request that brought it, until the form is changed. An answer from a run comes with
// it; else the server makes it from the form as it was sent.
window.ownCode = (() => {
  const form = document.getElementById("request-form");
  const codes = document.querySelector("#result [data-part=codes]");
  let changes = 0; // how often the form was changed
  let sent = null; // the form as it was sent
  let sentAt = -1; // how often it had been changed when it was sent, and when its code was asked for
  let askedAt = 0;
  let wanted = null;
  let coded = { answer: null, changes: 0 }; // whose code is shown: an answer's, or the form's after that many changes

  const count = () => {
    changes += 1;
  };
  form.addEventListener("input", count);
  document.body.addEventListener("playground:changed", count);
  codes.addEventListener("htmx:after:swap", () => {
    coded = { answer: null, changes: askedAt };
  });
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== codes) return;
    askedAt = changes;
    if (!sent || changes !== sentAt) return;
    // It was typed just before it was sent. By now, the form may have the answer.
    const { body } = ctx.request;
    for (const name of [...body.keys()]) body.delete(name);
    for (const [name, value] of sent) body.append(name, value);
  });

  async function made(state) {
    const headers = { "HX-Request": "true" };
    const body = new URLSearchParams(state);
    const answer = await fetch(codes.getAttribute("hx-post"), { method: "POST", body, headers });
    return answer.ok ? await answer.text() : null;
  }

  // `answer` has the form that was `sent` for it, or its `code`.
  async function show(answer) {
    const now = { answer, changes };
    if (coded.answer === answer && coded.changes === changes) return;
    wanted = answer;
    try {
      answer.code ??= await made(answer.sent);
      if (!answer.code || wanted !== answer || changes !== now.changes) return;
      await htmx.swap({ text: answer.code, target: codes, sourceElement: codes, swap: "innerHTML" });
      coded = now;
    } catch {
      /* the playground is out of reach: the code stays */
    }
  }

  return {
    show,
    sending(state) {
      sent = state;
      sentAt = changes;
      wanted = null;
    },
    arrived(answer) {
      if (changes !== sentAt) return; // the form's
      if (!coded.answer && coded.changes === sentAt) coded = { answer, changes };
      else show(answer);
    },
    // The page came with it.
    loaded(answer) {
      answer.code = codes.innerHTML;
      coded = { answer, changes };
    },
  };
})();

// What a stream adds as text (`Patches` in playground/web/relay.py): it goes to the end of its place, or takes the place
// of what is there. It changes the text nodes that are there, because a new node would make the browser look at every
// `:has()` around it again.
window.growth = (() => {
  // Characters. A block is laid out as a whole whenever its text changes, so a long text becomes several blocks. A block
  // ends with a line, or anywhere if no line ends for long. Bytes that were received stay one text.
  const BLOCK = 2000;
  const LONGEST = 4 * BLOCK;

  const endOf = ({ data }) => data.indexOf("\n", BLOCK) + 1 || (data.length > LONGEST && data.length);
  const isText = (node) => node?.nodeType === Node.TEXT_NODE;

  function add(place, text) {
    if (!isText(place.lastChild)) place.append(document.createTextNode(""));
    const open = place.lastChild;
    open.appendData(text);
    for (let end = endOf(open); end && !place.matches("[hidden], pre"); end = endOf(open)) {
      const block = document.createElement("span");
      block.className = "grown";
      block.textContent = open.data.slice(0, end);
      open.before(block);
      open.deleteData(0, end);
    }
  }

  function say(place, text) {
    if (isText(place.firstChild) && place.childNodes.length === 1) place.firstChild.data = text;
    else place.textContent = text;
  }

  document.addEventListener("playground:texts", ({ detail }) => {
    for (const [target, text, isWhole] of JSON.parse(detail.data)) {
      const place = document.querySelector(target);
      if (!place) continue;
      (isWhole ? say : add)(place, text);
      const fold = place.closest(".reasoning[hidden]");
      if (fold) fold.hidden = false;
    }
  });

  return { say };
})();

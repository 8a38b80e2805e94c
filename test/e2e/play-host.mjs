// Runs in the page of the fleet view, before its script: plays the extension that answers it (see view-page.ts).
const asked = [];
let kept;

function answer(name) {
  if (name === 'snapshot') return window.played.snapshot;
  if (name in window.played.answers) return window.played.answers[name];
  return name === 'rollouts' || name === 'systems' ? [] : null;
}

Object.assign(window.played, {
  asked,
  /** ms from the snapshot to its first rows on the screen. */
  firstRows: undefined,
});

window.acquireVsCodeApi = () => ({
  getState: () => kept,
  setState: (state) => (kept = state),
  postMessage({ id, name, body }) {
    asked.push({ name, body });
    setTimeout(() => {
      const sent = performance.now();
      window.postMessage({ kind: 'answer', id, body: answer(name) }, '*');
      if (name !== 'snapshot') return;
      const look = () => {
        if (document.querySelector('.row')) window.played.firstRows ??= performance.now() - sent;
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  },
});

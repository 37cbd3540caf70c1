// The page: consoles on the left, one of them on the right.
import { Terminal } from './xterm/xterm.mjs';
import { FitAddon } from './xterm/addon-fit.mjs';
import { enter, who } from './session.js';
import { Line } from './attach.js';

const kListInterval = 5000;
const byId = (id) => document.getElementById(id);
const encoder = new TextEncoder();

const terminal = new Terminal({ scrollback: 10000, cursorBlink: true, convertEol: false });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(byId('terminal'));

let line = null;
let nodes = [];
let replaying = 0; // bytes of history that are still to be shown

function notice(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = text === '';
}

const window_ = () => ({ rows: terminal.rows, cols: terminal.cols });

// The terminal answers what programs ask it. What was asked long ago is history, and is not
// answered into the console.
terminal.onData((text) => { if (replaying === 0) line?.keys(encoder.encode(text)); });
terminal.onBinary((text) => {
  if (replaying === 0) line?.keys(Uint8Array.from(text, (c) => c.charCodeAt(0)));
});
terminal.onResize(() => line?.resize(window_()));
new ResizeObserver(() => fit.fit()).observe(byId('terminal'));

const told = {
  bytes(bytes) {
    const old = Math.min(replaying, bytes.length);
    terminal.write(bytes, () => { replaying -= old; });
  },
  text(text) { terminal.write(text.replace(/\n/g, '\r\n')); },
  state(state) { byId('state').textContent = state; },
  attached(answer, again) {
    notice('');
    if (!again) terminal.reset();
    replaying = again ? 0 : answer.head - answer.offset;
    byId('break').hidden = false;
  },
  async refused(message) {
    byId('break').hidden = true;
    notice(message);
  },
};

function choose(name) {
  line?.close();
  terminal.reset();
  replaying = 0;
  byId('name').textContent = name;
  document.title = name;
  history.replaceState(null, '', '#console=' + encodeURIComponent(name));
  line = new Line(name, window_(), told);
  draw();
  terminal.focus();
}

function item(node) {
  const button = document.createElement('button');
  const name = document.createElement('span');
  const state = document.createElement('span');
  name.className = 'name';
  name.textContent = node.name;
  state.className = 'state ' + node.state;
  state.textContent = node.state;
  button.append(name, state);
  button.setAttribute('aria-current', String(line?.name === node.name));
  button.onclick = () => choose(node.name);
  const li = document.createElement('li');
  li.append(button);
  return li;
}

// Words of the filter may be in the name or the state.
function draw() {
  const words = byId('filter').value.toLowerCase().split(/\s+/);
  const shown = nodes.filter((n) => words.every((w) => (n.name + ' ' + n.state).toLowerCase().includes(w)));
  byId('list').replaceChildren(...shown.map(item));
}

async function list() {
  try {
    const answer = await fetch('/nodes');
    const next = (await answer.json()).nodes;
    next.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    if (JSON.stringify(next) !== JSON.stringify(nodes)) {
      nodes = next;
      draw();
    }
    if (!line && await who() === null) notice('not signed in: run "conctl web" to open this page');
  } catch {
    byId('state').textContent = 'no connection';
  }
}

byId('filter').oninput = draw;
byId('break').onclick = () => {
  line?.command({ cmd: 'break', number: 1 });
  terminal.focus();
};

const wanted = /[#&]console=([^&]+)/.exec(location.hash);
const user = await enter();
fit.fit();
await list();
setInterval(list, kListInterval);
if (user === null) {
  notice('not signed in: run "conctl web" to open this page');
} else if (wanted) {
  choose(decodeURIComponent(wanted[1]));
}

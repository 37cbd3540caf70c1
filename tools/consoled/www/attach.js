// A console's line, by the websocket dialect lineman.v1 (lineman-web(7)): it comes back by itself,
// and goes on where it was, by epoch and offset.

const kFirstWait = 500;
const kLongestWait = 10000;

export class Line {
  // told: bytes(Uint8Array, shown), text(string, shown), state(string), attached(again),
  // refused(message), lost(). shown() is to be called when the user sees what was told.
  constructor(name, window, told) {
    this.name = name;
    this.window = window;
    this.told = told;
    this.place = null; // {epoch, offset, run}: the next byte that will come
    this.again = 0; // so many of them were shown before
    this.viewer = null; // our number among those who look
    this.live = false; // what the user sees is not history any more
    this.wait = kFirstWait;
    this.open();
  }

  open() {
    this.attached = false;
    this.told.state('connecting');
    const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
    const socket = new WebSocket(scheme + location.host + '/v1/attach', 'lineman.v1');
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      const request = { cmd: 'attach', console: this.name, from: this.place ?? 'line', ...this.window };
      socket.send(JSON.stringify(request));
    };
    socket.onmessage = (event) => this.take(event.data);
    socket.onclose = () => this.closed();
    this.socket = socket;
  }

  take(data) {
    if (typeof data !== 'string') {
      const seen = this.pass(data.byteLength);
      if (seen < data.byteLength) this.told.bytes(new Uint8Array(data, seen), this.shown());
    } else if (data.startsWith('{')) {
      this.answer(JSON.parse(data));
    } else {
      const lost = /^\n\[\[(\d+) bytes skipped\]\]\n$/.exec(data);
      if (lost) this.pass(Number(lost[1]));
      this.told.text(data, this.shown());
    }
  }

  // The stream goes on by so many bytes; how many of them were shown before.
  pass(count) {
    const seen = Math.min(this.again, count);
    this.again -= seen;
    this.place.offset += count;
    return seen;
  }

  // How far the user sees when what came last is shown. Terminals show it later, and may show much
  // at once.
  shown() {
    const end = this.place.offset;
    return () => { this.live ||= end >= this.head; };
  }

  answer(answer) {
    if (answer.error) {
      if (!this.attached) this.refusal = answer.error.message;
      else this.told.text('\n[[' + answer.error.message + ']]\n', this.shown());
    } else if (!this.attached) {
      this.attached = true;
      this.wait = kFirstWait;
      const again = this.place !== null && this.place.epoch === answer.epoch;
      this.place = { epoch: answer.epoch, offset: answer.offset, run: answer.run };
      this.again = answer.again ?? 0;
      this.viewer = answer.viewer;
      this.head = again ? answer.offset : answer.head;
      this.live = answer.offset >= this.head;
      this.told.attached(again);
      this.told.state('attached');
    }
  }

  closed() {
    if (this.over) return;
    if (this.refusal) {
      this.over = true;
      this.told.refused(this.refusal);
      return;
    }
    this.told.state('connection lost');
    this.told.lost();
    const wait = this.wait * (0.5 + Math.random() / 2);
    this.wait = Math.min(this.wait * 2, kLongestWait);
    this.timer = setTimeout(() => this.open(), wait);
  }

  // A terminal also answers what programs ask it. What was asked long ago is history, and is not
  // answered into the console.
  keys(bytes) {
    if (this.attached && this.live && this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes);
  }

  command(command) {
    if (this.attached && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(command));
    }
  }

  resize(window) {
    this.window = window;
    this.command({ cmd: 'resize', ...window });
  }

  close() {
    this.over = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}

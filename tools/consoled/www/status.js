// What the API says of consoles and viewers (GET /v1/consoles, /v1/viewers), in words.

// A time of day, and the day where it is not today's.
export function when(seconds) {
  const at = new Date(seconds * 1000);
  const time = at.toLocaleTimeString('sv');
  return at.toDateString() === new Date().toDateString() ? time : at.toLocaleDateString('sv') + ' ' + time;
}

// "down" for what is wanted and is not there: its next attempt waits.
export function state(console) {
  return console.state === 'waiting' ? 'down' : console.state;
}

// For the colour.
export function mood(console) {
  if (console.state === 'connected') return 'good';
  if (console.failed) return 'bad';
  return console.state === 'idle' ? 'dim' : 'wait';
}

// Since when it is as it is, and why.
export function why(console) {
  const parts = [state(console) + ' since ' + when(console.down ?? console.since)];
  if (console.reason) parts.push(console.reason);
  if (console.next) parts.push('attempt ' + (console.attempts + 1) + ' at ' + when(console.next));
  return parts.join(' \u00b7 ');
}

// Who looks at it, and through which door; `own`: the number that is ours.
export function who(viewers, name, own) {
  const names = viewers.filter((v) => v.console === name).map((v) =>
    (v.viewer === own ? 'you' : (v.user ?? v.who) + ' by ' + v.face) + (v.readonly ? ', only looking' : ''));
  return names.length === 0 ? '' : 'viewers: ' + names.join('; ');
}

// All that the filter looks into.
export function words(console) {
  const labels = Object.entries(console.labels ?? {}).map(([key, value]) => key + '=' + value);
  return [console.console, state(console), console.driver, ...labels].join(' ').toLowerCase();
}

// Signing in: the token that `conctl web` put behind the # of the URL is exchanged for a cookie, and
// taken out of the address bar and the history.

// The user's name, or null: not signed in.
export async function enter() {
  const token = /[#&]token=([0-9a-f]+)/.exec(location.hash);
  if (token) {
    history.replaceState(null, '', location.pathname + location.search);
    await fetch('/v1/session', { method: 'POST', body: JSON.stringify({ token: token[1] }) });
  }
  return who();
}

export async function who() {
  const answer = await fetch('/v1/session');
  return answer.ok ? (await answer.json()).user : null;
}

/** The users of one run, with their tokens; the names of everything begin with `prefix`. */
export async function world(gateway, prefix) {
  const tokens = {};
  for (const name of ["Alice", "Bob", "Carol", "Dave"]) {
    const uid = `${prefix}${name.toLowerCase()}`;
    // Signing out revokes the token, so each user gets one for each time it signs in.
    tokens[uid] = await gateway.user(uid, name, 20);
  }
  return { appId: "rollcall", host: gateway.host, prefix, tokens, apikey: gateway.apikey };
}

// What a chat application does with the SDK from its first call to its last, with an assertion on every step. The SDK
// comes in as an argument, so the same steps run against both of its versions, in Node and in a browser.

/** Fails with what was expected and what came. */
function same(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

function holds(truth, what) {
  if (!truth) throw new Error(what);
}

/** The SDK's error of a call that must fail. */
async function refused(promise, code, what) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    same(error?.code, code, what);
    return error;
  }
  throw new Error(`${what}: went well, with ${JSON.stringify(value)}`);
}

/** Never waits for ever: the SDK does, where a reply lacks what it looks for. */
function inTime(promise, what) {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error(`${what}: no answer in 10 s`)), 10_000));
  return Promise.race([promise, late]);
}

/** All pages of a request, as uids (or what `of` takes from a row). */
async function pages(request, of = (row) => row.getUid()) {
  const found = [];
  for (let at = 0; at < 50; at += 1) {
    const page = await inTime(request.fetchNext(), "fetchNext");
    if (page.length === 0) return found;
    found.push(page.map(of));
  }
  throw new Error("the pages do not end");
}

/**
 * Runs all steps. `world` has `appId`, `host`, tokens of the users alice, bob, carol and dave (`<prefix>alice`, …) for
 * as often as each signs in, the `prefix` of all names, and the `apikey`. `step(name, run)` reports.
 */
export async function flow(CometChat, world, step) {
  const { prefix, tokens } = world;
  const name = (text) => `${prefix}${text}`;
  const [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(name);
  const club = name("club");
  const member = (uid, scope) => new CometChat.GroupMember(uid, scope);
  const members = () => new CometChat.GroupMembersRequestBuilder(club);
  const signIn = async (uid) => {
    const user = await inTime(CometChat.login(tokens[uid].pop()), "login");
    same(user.getUid(), uid, "the user");
  };
  const signOut = () => inTime(CometChat.logout(), "logout");
  const as = async (uid, run) => {
    await signOut();
    await signIn(uid);
    await run();
    await signOut();
    await signIn(alice);
  };

  await step("init", async () => {
    const settings = new CometChat.AppSettingsBuilder()
      .setRegion("us")
      .subscribePresenceForAllUsers()
      .autoEstablishSocketConnection(false)
      .overrideAdminHost(world.host)
      .overrideClientHost(world.host)
      .build();
    holds(await inTime(CometChat.init(world.appId, settings), "init"), "init gave false");
  });

  await step("a wrong token does not sign in", async () => {
    await refused(inTime(CometChat.login("0".repeat(40)), "login"), "AUTH_ERR_AUTH_TOKEN_NOT_FOUND", "a wrong token");
  });

  await step("login", async () => {
    await signIn(alice);
    const user = await inTime(CometChat.getLoggedinUser(), "getLoggedinUser");
    same([user.getUid(), user.getName(), user.getStatus()], [alice, "Alice", "online"], "who is signed in");
  });

  await step("login with uid and key", async () => {
    await signOut();
    const user = await inTime(CometChat.login(bob, world.apikey), "login");
    same(user.getUid(), bob, "the user");
    await signOut();
    await refused(inTime(CometChat.login(name("nobody"), world.apikey), "login"), "ERR_UID_NOT_FOUND", "an unknown uid");
    await signIn(alice);
  });

  await step("create a group", async () => {
    const group = new CometChat.Group(club, "The Club", CometChat.GROUP_TYPE.PUBLIC, "");
    group.setDescription("for tests");
    group.setIcon("https://example.org/club.png");
    const made = await inTime(CometChat.createGroup(group), "createGroup");
    same([made.getGuid(), made.getName(), made.getType()], [club, "The Club", "public"], "the group");
    same([made.getOwner(), made.getMembersCount(), made.getScope(), made.getHasJoined()], [alice, 1, "admin", true], "mine");
    await refused(inTime(CometChat.createGroup(group), "createGroup"), "ERR_GUID_ALREADY_EXISTS", "the same again");
  });

  await step("look at it", async () => {
    const found = await inTime(CometChat.getGroup(club), "getGroup");
    same([found.getGuid(), found.getDescription(), found.getMembersCount()], [club, "for tests", 1], "the group");
    await refused(inTime(CometChat.getGroup(name("nowhere")), "getGroup"), "ERR_GUID_NOT_FOUND", "no group");
  });

  await step("change it", async () => {
    const group = await inTime(CometChat.getGroup(club), "getGroup");
    group.setName("The Better Club");
    const changed = await inTime(CometChat.updateGroup(group), "updateGroup");
    same([changed.getName(), changed.getDescription()], ["The Better Club", "for tests"], "the changed group");
  });

  await step("add members", async () => {
    const added = await inTime(
      CometChat.addMembersToGroup(club, [member(bob, "moderator"), member(carol, "participant")], []),
      "addMembersToGroup",
    );
    same([added[bob], added[carol]], ["success", "success"], "both are added");
    const again = await inTime(
      CometChat.addMembersToGroup(club, [member(bob, "participant"), member(name("nobody"), "participant")], [dave]),
      "addMembersToGroup",
    );
    holds(again[bob] !== "success" && again[name("nobody")] !== "success", `one bad uid fails alone: ${JSON.stringify(again)}`);
    same(again[dave], "success", "dave is banned");
    const found = await inTime(CometChat.getGroup(club), "getGroup");
    same(found.getMembersCount(), 3, "the count is exact");
  });

  await step("list members, page by page and with every filter", async () => {
    same(await pages(members().setLimit(2).build()), [[alice, bob], [carol]], "pages of two");
    same(await pages(members().setLimit(100).build()), [[alice, bob, carol]], "one page");
    same(await pages(members().setLimit(10).setScopes(["admin", "moderator"]).build()), [[alice, bob]], "by scopes");
    same(await pages(members().setLimit(10).setScopes(["participant"]).build()), [[carol]], "by a scope");
    same(await pages(members().setLimit(10).setSearchKeyword("CARO").build()), [[carol]], "by a key");
    same(await pages(members().setLimit(10).setSearchKeyword("x&y=%").build()), [], "by a strange key");
    const rows = await inTime(members().setLimit(10).build().fetchNext(), "fetchNext");
    same(rows.map((row) => row.getScope()), ["admin", "moderator", "participant"], "scopes");
    holds(rows.every((row) => row.getJoinedAt() > 1_600_000_000), "each says when it joined");
    if (typeof members().setStatus === "function") {
      same(await pages(members().setLimit(10).setStatus("online").build()), [[alice]], "who is there");
      same(await pages(members().setLimit(10).setStatus("offline").build()), [[bob, carol]], "who is not");
    }
  });

  await step("list the banned", async () => {
    const banned = () => new CometChat.BannedMembersRequestBuilder(club).setLimit(10);
    same(await pages(banned().build()), [[dave]], "the banned");
    same(await pages(banned().setSearchKeyword("dave").build()), [[dave]], "the banned, by a key");
    same(await pages(banned().setSearchKeyword("alice").build()), [], "none of that name");
  });

  await step("list groups", async () => {
    const groups = () => new CometChat.GroupsRequestBuilder().setLimit(30);
    const guids = (request) => pages(request, (group) => group.getGuid());
    same(await guids(groups().setSearchKeyword("better club").joinedOnly(true).build()), [[club]], "mine");
    same(await guids(groups().setSearchKeyword(name("no such group")).build()), [], "none");
    await as(dave, async () => {
      same(await guids(groups().joinedOnly(true).build()), [], "the banned have joined nothing");
      const [found] = await inTime(groups().setSearchKeyword("better club").build().fetchNext(), "fetchNext");
      same([found.getGuid(), found.getHasJoined(), found.getMembersCount()], [club, false, 3], "seen from outside");
    });
  });

  await step("change scopes", async () => {
    holds(await inTime(CometChat.updateGroupMemberScope(club, carol, "moderator"), "scope"), "the scope is changed");
    same(await pages(members().setLimit(10).setScopes(["moderator"]).build()), [[bob, carol]], "two moderators");
    await refused(inTime(CometChat.updateGroupMemberScope(club, carol, "moderator"), "scope"), "ERR_SAME_SCOPE", "the same");
    await refused(inTime(CometChat.updateGroupMemberScope(club, dave, "admin"), "scope"), "ERR_NOT_A_MEMBER", "no member");
    await as(bob, async () => {
      await refused(
        inTime(CometChat.updateGroupMemberScope(club, carol, "admin"), "scope"),
        "ERR_GROUP_NO_SCOPE_CLEARANCE",
        "a moderator may not",
      );
    });
  });

  await step("kick", async () => {
    holds(await inTime(CometChat.kickGroupMember(club, carol), "kick"), "kicked");
    same(await pages(members().setLimit(10).build()), [[alice, bob]], "who is left");
    await refused(inTime(CometChat.kickGroupMember(club, carol), "kick"), "ERR_NOT_A_MEMBER", "again");
  });

  await step("join", async () => {
    await as(carol, async () => {
      const joined = await inTime(CometChat.joinGroup(club, CometChat.GROUP_TYPE.PUBLIC, ""), "joinGroup");
      same([joined.getGuid(), joined.getMembersCount(), joined.getHasJoined()], [club, 3, true], "the joined group");
      await refused(inTime(CometChat.joinGroup(club, CometChat.GROUP_TYPE.PUBLIC, ""), "join"), "ERR_ALREADY_JOINED", "again");
    });
  });

  await step("ban and unban", async () => {
    holds(await inTime(CometChat.banGroupMember(club, carol), "ban"), "banned");
    await as(carol, async () => {
      const joining = inTime(CometChat.joinGroup(club, CometChat.GROUP_TYPE.PUBLIC, ""), "join");
      await refused(joining, "ERR_BANNED_GROUPMEMBER", "the banned do not join");
    });
    holds(await inTime(CometChat.unbanGroupMember(club, carol), "unban"), "unbanned");
    await refused(inTime(CometChat.unbanGroupMember(club, carol), "unban"), "ERR_NOT_A_BANNED_USER", "again");
    holds(await inTime(CometChat.unbanGroupMember(club, dave), "unban"), "unbanned");
    const banned = new CometChat.BannedMembersRequestBuilder(club).setLimit(10).build();
    same(await pages(banned), [], "nobody is banned any more");
  });

  await step("a group with a password", async () => {
    const vault = name("vault");
    const group = new CometChat.Group(vault, "Vault", CometChat.GROUP_TYPE.PASSWORD, "sésame");
    same((await inTime(CometChat.createGroup(group), "createGroup")).getType(), "password", "its type");
    await as(bob, async () => {
      const join = (password) => inTime(CometChat.joinGroup(vault, CometChat.GROUP_TYPE.PASSWORD, password), "join");
      await refused(join("wrong"), "ERR_WRONG_GROUP_PASS", "a wrong password");
      same((await join("sésame")).getMembersCount(), 2, "the right one");
    });
    holds(await inTime(CometChat.deleteGroup(vault), "deleteGroup"), "deleted");
  });

  await step("a private group", async () => {
    const cellar = name("cellar");
    const group = new CometChat.Group(cellar, "Cellar", CometChat.GROUP_TYPE.PRIVATE, "");
    await inTime(CometChat.createGroup(group), "createGroup");
    await as(bob, async () => {
      const joining = inTime(CometChat.joinGroup(cellar, CometChat.GROUP_TYPE.PRIVATE, ""), "join");
      await refused(joining, "ERR_GROUP_JOIN_NOT_ALLOWED", "joined at once");
    });
    holds(await inTime(CometChat.deleteGroup(cellar), "deleteGroup"), "deleted");
  });

  if (typeof CometChat.createGroupWithMembers === "function") {
    await step("a group that is made with members", async () => {
      const crowd = name("crowd");
      const group = new CometChat.Group(crowd, "Crowd", CometChat.GROUP_TYPE.PUBLIC, "");
      const made = await inTime(
        CometChat.createGroupWithMembers(group, [member(bob, "admin"), member(carol, "participant")], [dave]),
        "createGroupWithMembers",
      );
      same(made.group.getGuid(), crowd, "the group");
      same((await inTime(CometChat.getGroup(crowd), "getGroup")).getMembersCount(), 3, "its members");
      holds(await inTime(CometChat.deleteGroup(crowd), "deleteGroup"), "deleted");
    });
  }

  await step("pass the group on and leave", async () => {
    await refused(inTime(CometChat.leaveGroup(club), "leave"), "ERR_GROUP_NO_SELF_ACTION", "the owner does not leave");
    const message = await inTime(CometChat.transferGroupOwnership(club, bob), "transfer");
    holds(message, "the transfer says something");
    same((await inTime(CometChat.getGroup(club), "getGroup")).getOwner(), bob, "the new owner");
    holds(await inTime(CometChat.leaveGroup(club), "leave"), "left");
    const found = await inTime(CometChat.getGroup(club), "getGroup");
    same([found.getHasJoined(), found.getMembersCount()], [false, 1], "who has left is out");
  });

  await step("delete it", async () => {
    await refused(inTime(CometChat.deleteGroup(club), "delete"), "ERR_GROUP_NOT_JOINED", "who is out may not");
    await as(bob, async () => holds(await inTime(CometChat.deleteGroup(club), "delete"), "deleted"));
    await refused(inTime(CometChat.getGroup(club), "getGroup"), "ERR_GUID_NOT_FOUND", "it is gone");
  });

  await step("logout", async () => {
    await signOut();
    same(await inTime(CometChat.getLoggedinUser(), "getLoggedinUser"), null, "nobody is signed in");
  });
}

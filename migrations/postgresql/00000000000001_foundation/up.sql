-- The foundation: persons, groups, memberships with kept totals, the change log, credentials.
-- An absent text is '', an absent time or number is 0; there are no nulls. `*_folded` is the Unicode simple case
-- folding of the column of that name, computed by rollcall; databases only ever compare bytes. Columns that lists
-- show stand first, since a row is read from its beginning.

CREATE TABLE persons (
    number BIGINT PRIMARY KEY,
    uid TEXT COLLATE "C" NOT NULL UNIQUE,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    login TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    account_status TEXT COLLATE "C" NOT NULL CHECK (account_status = 'active' OR account_status = 'noaccess' OR account_status = 'blocked'),
    presence TEXT COLLATE "C" NOT NULL CHECK (presence = 'available' OR presence = 'offline'),
    role TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_active_at BIGINT NOT NULL,
    avatar TEXT COLLATE "C" NOT NULL,
    link TEXT COLLATE "C" NOT NULL,
    metadata TEXT COLLATE "C" NOT NULL,
    tags TEXT COLLATE "C" NOT NULL,
    status_message TEXT COLLATE "C" NOT NULL,
    business_name TEXT COLLATE "C" NOT NULL,
    tag_line TEXT COLLATE "C" NOT NULL,
    hourly_rate BIGINT NOT NULL,
    city TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    earnings_6_months BIGINT NOT NULL,
    feedback_6_months BIGINT NOT NULL,
    positive_feedback_6_months BIGINT NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    additional_information TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    overview TEXT COLLATE "C" NOT NULL,
    freelancer BOOLEAN NOT NULL,
    individual BOOLEAN NOT NULL,
    login_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    name_folded TEXT COLLATE "C" NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL,
    phone_folded TEXT COLLATE "C" NOT NULL,
    additional_information_folded TEXT COLLATE "C" NOT NULL,
    description_folded TEXT COLLATE "C" NOT NULL
);

CREATE TABLE "groups" (
    number BIGINT PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    guid TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    description_folded TEXT COLLATE "C" NOT NULL,
    sponsor TEXT COLLATE "C" NOT NULL,
    criteria TEXT COLLATE "C" NOT NULL,
    icon TEXT COLLATE "C" NOT NULL,
    page TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    additional_information TEXT COLLATE "C" NOT NULL,
    metadata TEXT COLLATE "C" NOT NULL,
    tags TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind = 'public' OR kind = 'private' OR kind = 'password'),
    password_hash TEXT COLLATE "C" NOT NULL,
    owner BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    group_number BIGINT NOT NULL REFERENCES "groups" (number),
    state TEXT COLLATE "C" NOT NULL CHECK (state = 'pending' OR state = 'member' OR state = 'banned'),
    joined_at BIGINT NOT NULL,
    person_number BIGINT NOT NULL REFERENCES persons (number),
    scope TEXT COLLATE "C" NOT NULL CHECK (scope = 'participant' OR scope = 'moderator' OR scope = 'admin'),
    asked_at BIGINT NOT NULL,
    joined_by BIGINT NOT NULL,
    scope_changed_at BIGINT NOT NULL,
    scope_changed_by BIGINT NOT NULL,
    banned_at BIGINT NOT NULL,
    banned_by BIGINT NOT NULL,
    PRIMARY KEY (group_number, state, joined_at, person_number)
);
CREATE UNIQUE INDEX memberships_person ON memberships (person_number, group_number);
-- Nearly all members are participants, so only the others are worth an index of their own.
CREATE INDEX memberships_scope ON memberships (group_number, state, scope, joined_at, person_number)
    WHERE scope <> 'participant';

-- How many memberships of each kind a group has, changed in the transaction that changes the membership.
CREATE TABLE group_totals (
    group_number BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    members BIGINT NOT NULL,
    PRIMARY KEY (group_number, state, scope)
);

-- The last number given of each kind.
CREATE TABLE counters (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO counters (name, last) VALUES ('person', 0), ('group', 0), ('credential', 0);

-- Every committed change, numbered without gaps. No foreign keys: history outlives what it tells of.
CREATE TABLE changes (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    group_number BIGINT NOT NULL,
    person_number BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    credential BIGINT NOT NULL
);
CREATE INDEX changes_group ON changes (group_number, number);
-- One row, locked last before a commit, so that a number is visible only when all lower ones are.
CREATE TABLE change_head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL,
    floor BIGINT NOT NULL
);
INSERT INTO change_head (one, number, floor) VALUES (1, 0, 0);

CREATE TABLE credentials (
    id BIGINT PRIMARY KEY,
    audience TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    rights TEXT COLLATE "C" NOT NULL,
    person_number BIGINT NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    parent BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
CREATE INDEX credentials_client ON credentials (audience, client_id, kind);
CREATE INDEX credentials_parent ON credentials (parent);
CREATE INDEX credentials_person ON credentials (person_number);

-- What the store knows of itself: the version of the folding, whether it holds sample data.
CREATE TABLE store_facts (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

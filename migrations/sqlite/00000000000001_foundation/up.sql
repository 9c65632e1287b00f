-- The foundation: persons, groups, memberships with kept totals, the change log, credentials.
-- An absent text is '', an absent time or number is 0; there are no nulls. `*_folded` is the Unicode simple case
-- folding of the column of that name, computed by rollcall; databases only ever compare bytes. Columns that lists
-- show stand first, since a row is read from its beginning.

CREATE TABLE persons (
    number INTEGER PRIMARY KEY NOT NULL,
    -- What lists show, as one value with U+0000 (which no text holds) between its parts: reading it costs a fraction
    -- of reading the columns. SQLite keeps it itself; the order is that of the store's page queries.
    card TEXT NOT NULL GENERATED ALWAYS AS (
        uid || x'00' || id || x'00' || login || x'00' || name || x'00' || account_status || x'00' || description
        || x'00' || email || x'00' || phone || x'00' || additional_information || x'00' || presence || x'00' || role
        || x'00' || avatar || x'00' || link || x'00' || metadata || x'00' || tags || x'00' || status_message
        || x'00' || last_active_at || x'00' || created_at || x'00' || updated_at || x'00' || business_name
        || x'00' || tag_line || x'00' || city || x'00' || state || x'00' || country || x'00' || category
        || x'00' || hourly_rate || x'00' || earnings_6_months || x'00' || feedback_6_months
        || x'00' || positive_feedback_6_months
    ) STORED,
    uid TEXT NOT NULL UNIQUE,
    id TEXT NOT NULL UNIQUE,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    account_status TEXT NOT NULL CHECK (account_status = 'active' OR account_status = 'noaccess' OR account_status = 'blocked'),
    presence TEXT NOT NULL CHECK (presence = 'available' OR presence = 'offline'),
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_active_at BIGINT NOT NULL,
    avatar TEXT NOT NULL,
    link TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT NOT NULL,
    status_message TEXT NOT NULL,
    business_name TEXT NOT NULL,
    tag_line TEXT NOT NULL,
    hourly_rate BIGINT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    country TEXT NOT NULL,
    earnings_6_months BIGINT NOT NULL,
    feedback_6_months BIGINT NOT NULL,
    positive_feedback_6_months BIGINT NOT NULL,
    category TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    additional_information TEXT NOT NULL,
    description TEXT NOT NULL,
    overview TEXT NOT NULL,
    freelancer BOOLEAN NOT NULL,
    individual BOOLEAN NOT NULL,
    login_folded TEXT NOT NULL UNIQUE,
    name_folded TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    phone_folded TEXT NOT NULL,
    additional_information_folded TEXT NOT NULL,
    description_folded TEXT NOT NULL
);

CREATE TABLE "groups" (
    number INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    guid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    description TEXT NOT NULL,
    description_folded TEXT NOT NULL,
    sponsor TEXT NOT NULL,
    criteria TEXT NOT NULL,
    icon TEXT NOT NULL,
    page TEXT NOT NULL,
    email TEXT NOT NULL,
    additional_information TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'public' OR kind = 'private' OR kind = 'password'),
    password_hash TEXT NOT NULL,
    owner BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Clustered in the default order of a list: time of joining, then number of the person.
CREATE TABLE memberships (
    group_number BIGINT NOT NULL REFERENCES "groups" (number),
    state TEXT NOT NULL CHECK (state = 'pending' OR state = 'member' OR state = 'banned'),
    joined_at BIGINT NOT NULL,
    person_number BIGINT NOT NULL REFERENCES persons (number),
    scope TEXT NOT NULL CHECK (scope = 'participant' OR scope = 'moderator' OR scope = 'admin'),
    asked_at BIGINT NOT NULL,
    joined_by BIGINT NOT NULL,
    scope_changed_at BIGINT NOT NULL,
    scope_changed_by BIGINT NOT NULL,
    banned_at BIGINT NOT NULL,
    banned_by BIGINT NOT NULL,
    PRIMARY KEY (group_number, state, joined_at, person_number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX memberships_person ON memberships (person_number, group_number);
-- Nearly all members are participants, so only the others are worth an index of their own.
CREATE INDEX memberships_scope ON memberships (group_number, state, scope, joined_at, person_number)
    WHERE scope <> 'participant';

-- How many memberships of each kind a group has, changed in the transaction that changes the membership.
CREATE TABLE group_totals (
    group_number BIGINT NOT NULL,
    state TEXT NOT NULL,
    scope TEXT NOT NULL,
    members BIGINT NOT NULL,
    PRIMARY KEY (group_number, state, scope)
) WITHOUT ROWID;

-- The last number given of each kind.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO counters (name, last) VALUES ('person', 0), ('group', 0), ('credential', 0);

-- Every committed change, numbered without gaps. No foreign keys: history outlives what it tells of.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    group_number BIGINT NOT NULL,
    person_number BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    credential BIGINT NOT NULL
);
CREATE INDEX changes_group ON changes (group_number, number);
-- One row, locked last before a commit, so that a number is visible only when all lower ones are.
CREATE TABLE change_head (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    number BIGINT NOT NULL,
    floor BIGINT NOT NULL
);
INSERT INTO change_head (one, number, floor) VALUES (1, 0, 0);

CREATE TABLE credentials (
    id INTEGER PRIMARY KEY NOT NULL,
    audience TEXT NOT NULL,
    kind TEXT NOT NULL,
    rights TEXT NOT NULL,
    person_number BIGINT NOT NULL,
    client_id TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
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
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

//! The committees of the United States Congress (`tests/data/congress`) as import lines, and what must come out.

use super::gateway::project_file;
use serde_json::json;
use std::collections::HashMap;

/// The second in which the first of the memberships began; each later one began a second later.
pub const FIRST_JOINED: i64 = 1_700_000_000;

/// A committee.
pub struct Committee {
    /// `number`, Elance's groupId.
    pub number: usize,
    /// `id`, RM's GroupID.
    pub id: String,
    /// `guid`.
    pub guid: String,
    /// Who sits there, in the order of the file.
    pub seats: Vec<Seat>,
}

/// Who sits where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// `number` of the person.
    pub number: i64,
    /// `id` of the person.
    pub id: String,
    /// `uid` of the person.
    pub uid: String,
    /// `name` of the person.
    pub name: String,
    /// The scope that the title means.
    pub scope: &'static str,
    /// When it began.
    pub joined_at: i64,
}

/// Reads the three files. Gives the import lines and what every list must show.
pub fn read() -> (String, Vec<Committee>) {
    let mut lines = String::new();
    let mut push = |value: serde_json::Value| lines += &format!("{value}\n");
    let mut committees = Vec::new();
    let mut by_code = HashMap::new();
    for (index, row) in table("groups.csv").into_iter().enumerate() {
        let committee = Committee {
            number: index + 1,
            id: format!("00000000-0000-4000-8000-{:012}", index + 1),
            guid: row["code"].to_ascii_lowercase(),
            seats: Vec::new(),
        };
        push(json!({
            "kind": "group", "number": committee.number, "id": committee.id, "guid": committee.guid,
            "name": row["name"], "description": row["description"], "page": row["url"],
            "additional_information": row["phone"], "tags": [row["kind"]],
        }));
        by_code.insert(row["code"].clone(), index);
        committees.push(committee);
    }
    let mut people = HashMap::new();
    for (index, row) in table("people.csv").into_iter().enumerate() {
        let number: i64 = row["govtrack_id"].parse().expect("a number");
        let (id, uid) = (format!("00000000-0000-4000-9000-{:012}", index + 1), row["code"].to_ascii_lowercase());
        push(json!({
            "kind": "person", "number": number, "id": id, "uid": uid, "login": row["code"], "name": row["name"],
            "phone": row["phone"], "state": row["state"], "country": "USA", "city": row["office"],
            "category": row["party"], "link": row["url"],
        }));
        people.insert(row["code"].clone(), (number, id, uid, row["name"].clone()));
    }
    for (index, row) in table("memberships.csv").into_iter().enumerate() {
        let committee = &mut committees[by_code[&row["group"]]];
        let (number, id, uid, name) = people[&row["person"]].clone();
        let joined_at = FIRST_JOINED + i64::try_from(index).expect("a small number");
        let seat = Seat { number, id, uid, name, scope: scope(&row["title"]), joined_at };
        push(json!({
            "kind": "membership", "group": {"guid": committee.guid}, "person": {"uid": seat.uid},
            "state": "member", "scope": seat.scope, "joined_at": seat.joined_at,
        }));
        committee.seats.push(seat);
    }
    (lines, committees)
}

fn scope(title: &str) -> &'static str {
    match title {
        "Chairman" | "Chair" | "Chairwoman" | "Cochairman" => "admin",
        "Ranking Member" => "moderator",
        _ if title.starts_with("Vice ") => "moderator",
        _ => "participant",
    }
}

/// The rows of a file, each cell under the name of its column.
fn table(name: &str) -> Vec<HashMap<String, String>> {
    let path = project_file("tests/data/congress").join(name);
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn the_files_are_read_whole() {
    let (lines, committees) = read();
    let seats: Vec<&Seat> = committees.iter().flat_map(|c| &c.seats).collect();
    assert_eq!((committees.len(), seats.len(), lines.lines().count()), (230, 3_879, 230 + 537 + 3_879));
    let with = |scope: &str| seats.iter().filter(|s| s.scope == scope).count();
    assert_eq!((with("admin"), with("moderator"), with("participant")), (227, 266, 3_386));
}

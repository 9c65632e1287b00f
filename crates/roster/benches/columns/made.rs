//! A source that makes up its members whenever it is asked, so that they take no memory of their own.

use membership::{
    AccountStatus, CatchUp, ChangeEntry, Changed, Changes, Directory, DirectoryError, Group, GroupEntry, GroupKey,
    GroupKind, GroupQuery, Job, JobQuery, Loaded, MemberPage, MemberQuery, MemberRow, Membership, MembershipEntry,
    Money, Page, Person, PersonKey, PersonQuery, Presence, Scope, Source, State, Window,
};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

pub const GROUP: i64 = 1;

const GIVEN: &[&str] = &[
    "Emma",
    "James",
    "Olivia",
    "Liam",
    "Priya",
    "Rohan",
    "Łukasz",
    "Zofia",
    "Иван",
    "Ольга",
    "伟",
    "秀英",
    "さくら",
    "Amara",
    "Ngozi",
    "José",
    "Lucía",
    "João",
    "Beatriz",
    "Jürgen",
    "Heike",
    "Işıl",
    "Oğuz",
    "محمد",
    "Hannah",
    "Ethan",
];
const FAMILY: &[&str] = &[
    "Smith",
    "Johnson",
    "O'Brien",
    "Sharma",
    "Patel",
    "Kowalski",
    "Wiśniewski",
    "Коваленко",
    "Шевченко",
    "王",
    "张",
    "佐藤",
    "Okafor",
    "Adeyemi",
    "Mensah",
    "García",
    "Muñoz",
    "Silva",
    "Gonçalves",
    "Müller",
    "Groß",
    "Yılmaz",
    "Öztürk",
    "حداد",
    "Walker",
    "Murphy",
    "Clark",
    "Hughes",
    "Carter",
    "Reed",
    "Stone",
    "Reddy",
    "Iyer",
    "Gupta",
    "Nair",
    "Singh",
    "Banerjee",
    "Desai",
    "Kapoor",
    "Nowak",
    "Lis",
    "Balogun",
    "Nwosu",
    "Eze",
    "Castro",
    "Costa",
    "Braun",
    "Weiß",
    "Aydin",
    "Jäger",
];
const LATIN: &[&str] = &["emma", "james", "olivia", "liam", "priya", "rohan", "lukasz", "zofia", "ivan", "olga"];
const SKILLS: &[&str] = &["Rust", "Translation", "Graphic design", "Accounting", "Video editing", "Data entry", "Law"];
const PLACES: &[(&str, &str, &str)] = &[
    ("Denver", "Colorado", "United States"),
    ("Noida", "Uttar Pradesh", "India"),
    ("Kraków", "", "Poland"),
    ("Kyiv", "", "Ukraine"),
    ("Shenzhen", "Guangdong", "China"),
    ("Osaka", "", "Japan"),
    ("São Paulo", "São Paulo", "Brazil"),
    ("Köln", "Nordrhein-Westfalen", "Germany"),
];
const LINES: &[&str] = &[
    "On time, on budget, in plain words.",
    "Small team, large projects.",
    "I read the brief twice.",
    "Twenty years of getting it done.",
    "Quality first, then coffee.",
];

/// A group of many, and what has happened to it.
pub struct Made {
    members: u64,
    changed: Mutex<Vec<Happened>>,
    /// Who is not in the group now.
    away: Mutex<HashSet<i64>>,
}

#[derive(Clone, Copy)]
enum Happened {
    Edited(i64),
    Toggled(i64),
}

/// Numbers that look random, the same for the same person.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

impl Made {
    pub fn new(members: u64) -> Self {
        Self { members, changed: Mutex::default(), away: Mutex::default() }
    }

    fn happen(&self, what: Happened) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    pub fn edit(&self, person: i64) {
        self.happen(Happened::Edited(person));
    }

    pub fn toggle(&self, person: i64) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if !away.remove(&person) {
            away.insert(person);
        }
        self.happen(Happened::Toggled(person));
    }

    fn person(number: i64, edits: usize) -> Person {
        let mut dice = Dice(number.cast_unsigned().wrapping_mul(0x1234_5678_9abc_def1));
        let some = |yes: bool, text: String| if yes { text } else { String::new() };
        let (given, family, latin) = (dice.pick(GIVEN), dice.pick(FAMILY), dice.pick(LATIN));
        let handle = if family.is_ascii() {
            format!("{latin}-{}-{number}", family.to_lowercase())
        } else {
            format!("{latin}-kowalczyk-{number}")
        };
        let (city, state, country) = dice.pick(PLACES);
        let created_at = joined(number, &mut dice) - 86_400;
        let ratings = dice.below(120) as i64;
        Person {
            number,
            id: Uuid::from_u64_pair(dice.below(u64::MAX), dice.below(u64::MAX)),
            uid: handle.clone(),
            login: handle.clone(),
            name: format!("{given} {family}{}", if edits == 0 { String::new() } else { format!(" {edits}") }),
            business_name: some(dice.one_in(3), format!("{} Consulting", dice.pick(FAMILY))),
            tag_line: dice.pick(LINES).to_owned(),
            description: format!(
                "{} and {}, {} years of experience",
                dice.pick(SKILLS),
                dice.pick(SKILLS),
                dice.below(25) + 1
            ),
            email: some(!dice.one_in(10), format!("{handle}@people.example")),
            phone: some(!dice.one_in(5), format!("+44 {} {}", dice.below(900) + 100, dice.below(9_000) + 1_000)),
            additional_information: some(dice.one_in(8), "Speaks Yoruba".to_owned()),
            hourly_rate: Money { cents: (dice.below(140) as i64 + 5) * 100 },
            city: city.to_owned(),
            state: state.to_owned(),
            country: country.to_owned(),
            category: dice.pick(SKILLS).to_owned(),
            earnings_6_months: Money { cents: ratings * (20_000 + dice.below(90_000) as i64) },
            feedback_6_months: ratings,
            positive_feedback_6_months: dice.below(21) as i64 + 80,
            overview: String::new(),
            avatar: format!("https://people.example/{handle}/avatar.png"),
            link: format!("https://people.example/{handle}"),
            metadata: some(dice.one_in(4), format!("{{\"level\":{},\"team\":\"Harbour\"}}", dice.below(9) + 1)),
            tags: some(dice.one_in(3), "[\"vip\"]".to_owned()),
            role: if dice.one_in(30) { "staff" } else { "default" }.to_owned(),
            status_message: some(dice.one_in(6), dice.pick(LINES).to_owned()),
            freelancer: true,
            individual: true,
            account_status: if dice.one_in(50) { AccountStatus::Blocked } else { AccountStatus::Active },
            presence: if dice.one_in(7) { Presence::Available } else { Presence::Offline },
            last_active_at: (!dice.one_in(4)).then(|| created_at + dice.below(30_000_000) as i64),
            created_at,
            updated_at: dice.one_in(2).then(|| created_at + dice.below(20_000_000) as i64),
        }
    }

    fn membership(number: i64) -> Membership {
        let mut dice = Dice(number.cast_unsigned());
        Membership {
            group: GROUP,
            person: number,
            state: State::Member,
            scope: match dice.below(100) {
                0 => Scope::Admin,
                1..=3 => Scope::Moderator,
                _ => Scope::Participant,
            },
            asked_at: None,
            joined_at: Some(joined(number, &mut dice)),
            joined_by: None,
            scope_changed_at: None,
            scope_changed_by: None,
            banned_at: None,
            banned_by: None,
        }
    }

    /// Every member in turn.
    pub fn each(&self, each: &mut dyn FnMut(&MemberRow<'_>)) {
        for number in 1..=self.members as i64 {
            let Membership { state, scope, joined_at, .. } = Self::membership(number);
            each(&MemberRow { person: Self::person(number, 0).view(), state, scope, joined_at });
        }
    }

    fn group() -> Group {
        Group {
            number: GROUP,
            id: Uuid::from_u128(1),
            guid: "all".to_owned(),
            name: "All".to_owned(),
            description: String::new(),
            kind: GroupKind::Public,
            owner: None,
            sponsor: String::new(),
            criteria: String::new(),
            icon: String::new(),
            page: String::new(),
            email: String::new(),
            additional_information: String::new(),
            metadata: String::new(),
            tags: String::new(),
            created_at: 1,
            updated_at: None,
        }
    }
}

/// Later numbers later, some in the same second.
fn joined(number: i64, _: &mut Dice) -> i64 {
    1_325_376_000 + number * 315 / 2
}

impl Source for Made {
    fn load(&self, _: i64, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<Option<Loaded>, DirectoryError> {
        self.each(each);
        Ok(Some(Loaded { group: Self::group(), head: 0 }))
    }

    fn catch_up(&self, after: u64, _: u32) -> Result<CatchUp, DirectoryError> {
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Changed { head: changed.len() as u64, ..Changed::default() };
        for (what, number) in changed.iter().zip(1..).skip(after as usize) {
            let (action, person) = match what {
                Happened::Edited(person) => ("person_edit", *person),
                Happened::Toggled(person) => ("leave", *person),
            };
            if !self.away.lock().unwrap_or_else(PoisonError::into_inner).contains(&person) {
                all.memberships.push(Self::membership(person));
            }
            all.persons.push((person, Some(Self::person(person, changed.len()))));
            all.entries.push(ChangeEntry {
                number,
                at: 0,
                action: action.to_owned(),
                group: matches!(what, Happened::Toggled(_)).then_some(GROUP),
                person: Some(person),
                actor: None,
                credential: None,
                subject: None,
                job: None,
            });
        }
        Ok(CatchUp::Changed(Box::new(all)))
    }
}

fn none<T>() -> Result<T, DirectoryError> {
    Err(DirectoryError::Fault("nothing but whole groups is made".into()))
}

impl Directory for Made {
    fn members(&self, _: &MemberQuery, _: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        none()
    }

    fn count(&self, _: &MemberQuery) -> Result<u64, DirectoryError> {
        none()
    }

    fn person(&self, _: &PersonKey) -> Result<Option<Person>, DirectoryError> {
        none()
    }

    fn group(&self, _: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        Ok(Some(Self::group()))
    }

    fn groups(&self, _: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError> {
        none()
    }

    fn count_groups(&self, _: &GroupQuery) -> Result<u64, DirectoryError> {
        none()
    }

    fn group_entry(&self, _: &GroupKey, _: Option<i64>) -> Result<GroupEntry, DirectoryError> {
        none()
    }

    fn persons(&self, _: &PersonQuery) -> Result<Page<Person>, DirectoryError> {
        none()
    }

    fn count_persons(&self, _: &PersonQuery) -> Result<u64, DirectoryError> {
        none()
    }

    fn membership(&self, _: &GroupKey, _: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError> {
        none()
    }

    fn memberships_of(&self, _: i64, _: State, _: Window) -> Result<Page<(Group, Membership)>, DirectoryError> {
        none()
    }

    fn jobs(&self, _: &JobQuery) -> Result<Page<Job>, DirectoryError> {
        none()
    }

    fn job(&self, _: i64) -> Result<Option<Job>, DirectoryError> {
        none()
    }

    fn changes(&self, _: u64, _: Option<i64>, _: u32) -> Result<Changes, DirectoryError> {
        none()
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        Ok(self.changed.lock().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }
}

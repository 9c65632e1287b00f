// node load.mjs MEMBERS.ndjson DATABASE: makes the tables that the model says, fills them from import lines, and makes
// the indexes that the service's queries need.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import cds from '@sap/cds'
import Database from 'better-sqlite3'

const [lines, file] = process.argv.slice(2)
const model = await cds.load(['db', 'srv'])
const db = new Database(file)
db.pragma('journal_mode = WAL')
for (const statement of cds.compile(model).to.sql({ dialect: 'sqlite' })) db.exec(statement)

const group = db.prepare('INSERT INTO members_Groups (number, guid, name) VALUES (?, ?, ?)')
const person = db.prepare(
  `INSERT INTO members_Persons (number, id, name, description, email, phone, additional_information, login, status)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
)
const membership = db.prepare(
  'INSERT INTO members_Memberships (group_number, person_number, state, joined_at) VALUES (?, ?, ?, ?)'
)
const statuses = { no_access: 'NoAccess', blocked: 'Blocked' }

db.exec('BEGIN')
for await (const line of createInterface({ input: createReadStream(lines) })) {
  const record = JSON.parse(line)
  if (record.kind === 'group') {
    group.run(record.number, record.guid, record.name)
  } else if (record.kind === 'person') {
    const text = name => record[name] ?? ''
    person.run(
      record.number, record.id, text('name'), text('description'), text('email'), text('phone'),
      text('additional_information'), text('login'), statuses[record.account_status] ?? 'Active'
    )
  } else {
    membership.run(record.group.number, record.person.number, record.state, record.joined_at ?? 0)
  }
}
db.exec('COMMIT')
db.exec('CREATE INDEX memberships_in_order ON members_Memberships (group_number, state, joined_at, person_number)')
db.exec('CREATE INDEX persons_by_name ON members_Persons (name)')
db.exec('ANALYZE')
db.close()

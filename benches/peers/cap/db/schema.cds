namespace members;

entity Groups {
  key number : Int64;
  guid       : String(100);
  name       : String(400);
}

entity Persons {
  key number             : Int64;
  id                     : UUID;
  name                   : String(400);
  description            : String(4000);
  email                  : String(400);
  phone                  : String(100);
  additional_information : String(4000);
  login                  : String(400);
  status                 : String(20);
}

entity Memberships {
  key group  : Association to Groups;
  key person : Association to Persons;
  state      : String(10);
  joined_at  : Int64;
}

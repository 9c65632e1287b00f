using {members as db} from '../db/schema';

service Directory @(path: '/odata/v4/directory') {
  @readonly
  entity Members as
    select from db.Memberships {
      key group.number                  as groupNumber,
      key person.number                 as number,
          joined_at                     as joinedAt,
          person.id                     as Id,
          person.name                   as Name,
          person.description            as Description,
          person.email                  as Email,
          person.phone                  as Phone,
          person.additional_information as AdditionalInformation,
          person.login                  as Login,
          person.status                 as Status
    }
    where
      state = 'member';
}

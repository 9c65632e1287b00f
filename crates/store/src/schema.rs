//! The tables, the same in every database. Only `BigInt`, `Text` and `Bool` columns, and no nulls.

#![allow(missing_docs, reason = "the columns are documented in migrations/")]

diesel::table! {
    persons (number) {
        number -> BigInt,
        uid -> Text,
        id -> Text,
        login -> Text,
        name -> Text,
        account_status -> Text,
        presence -> Text,
        role -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        last_active_at -> BigInt,
        avatar -> Text,
        link -> Text,
        metadata -> Text,
        tags -> Text,
        status_message -> Text,
        business_name -> Text,
        tag_line -> Text,
        hourly_rate -> BigInt,
        city -> Text,
        state -> Text,
        country -> Text,
        earnings_6_months -> BigInt,
        feedback_6_months -> BigInt,
        positive_feedback_6_months -> BigInt,
        category -> Text,
        email -> Text,
        phone -> Text,
        additional_information -> Text,
        description -> Text,
        overview -> Text,
        freelancer -> Bool,
        individual -> Bool,
        login_folded -> Text,
        name_folded -> Text,
        email_folded -> Text,
        phone_folded -> Text,
        additional_information_folded -> Text,
        description_folded -> Text,
    }
}

diesel::table! {
    groups (number) {
        number -> BigInt,
        id -> Text,
        guid -> Text,
        name -> Text,
        name_folded -> Text,
        description -> Text,
        description_folded -> Text,
        sponsor -> Text,
        criteria -> Text,
        icon -> Text,
        page -> Text,
        email -> Text,
        additional_information -> Text,
        metadata -> Text,
        tags -> Text,
        kind -> Text,
        password_hash -> Text,
        owner -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        email_folded -> Text,
        additional_information_folded -> Text,
    }
}

diesel::table! {
    memberships (group_number, state, joined_at, person_number) {
        group_number -> BigInt,
        state -> Text,
        joined_at -> BigInt,
        person_number -> BigInt,
        scope -> Text,
        asked_at -> BigInt,
        joined_by -> BigInt,
        scope_changed_at -> BigInt,
        scope_changed_by -> BigInt,
        banned_at -> BigInt,
        banned_by -> BigInt,
    }
}

diesel::table! {
    group_totals (group_number, state, scope) {
        group_number -> BigInt,
        state -> Text,
        scope -> Text,
        members -> BigInt,
    }
}

diesel::table! {
    counters (name) {
        name -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    changes (number) {
        number -> BigInt,
        at -> BigInt,
        action -> Text,
        group_number -> BigInt,
        person_number -> BigInt,
        actor -> BigInt,
        credential -> BigInt,
        job -> BigInt,
        subject -> BigInt,
    }
}

diesel::table! {
    jobs (number) {
        number -> BigInt,
        title -> Text,
        description -> Text,
        state -> Text,
        poster -> BigInt,
        created_at -> BigInt,
        closed_at -> BigInt,
    }
}

diesel::table! {
    job_groups (group_number, job_number) {
        group_number -> BigInt,
        job_number -> BigInt,
    }
}

diesel::table! {
    change_head (one) {
        one -> BigInt,
        number -> BigInt,
        floor -> BigInt,
    }
}

diesel::table! {
    credentials (id) {
        id -> BigInt,
        audience -> Text,
        kind -> Text,
        rights -> Text,
        person_number -> BigInt,
        client_id -> Text,
        secret_hash -> Text,
        parent -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> BigInt,
        used_at -> BigInt,
        last_used_at -> BigInt,
        only_groups -> Text,
        name -> Text,
        redirect_uris -> Text,
        scope -> Text,
        code_challenge -> Text,
    }
}

diesel::table! {
    passwords (person_number) {
        person_number -> BigInt,
        password_hash -> Text,
        changed_at -> BigInt,
    }
}

diesel::table! {
    idempotency (credential, idempotency_key) {
        credential -> BigInt,
        idempotency_key -> Text,
        request -> Text,
        begun_at -> BigInt,
        state -> Text,
        status -> BigInt,
        headers -> Text,
        body -> Text,
    }
}

diesel::table! {
    store_facts (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    persons,
    groups,
    memberships,
    group_totals,
    credentials,
    passwords,
    changes,
    jobs,
    job_groups
);

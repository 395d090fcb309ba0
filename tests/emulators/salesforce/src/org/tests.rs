#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Map, Value as Json, json};

use super::*;

const NOW: i64 = 1_795_212_505;

fn org() -> Org {
    Org::generate(
        7,
        NOW,
        Sizes {
            accounts: 50,
            contacts: 60,
            opportunities: 70,
            cases: 10,
        },
    )
}

fn object(name: &str) -> &'static Object {
    Object::find(name).unwrap()
}

fn fields(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

#[test]
fn the_same_seed_makes_the_same_org_and_another_another() {
    let values = |org: &Org| -> Vec<Vec<Value>> {
        org.tables
            .iter()
            .flat_map(Table::all)
            .map(|record| record.values.clone())
            .collect()
    };
    assert!(values(&org()) == values(&org()));
    let other = Org::generate(
        8,
        NOW,
        Sizes {
            accounts: 50,
            contacts: 60,
            opportunities: 70,
            cases: 10,
        },
    );
    assert!(values(&org()) != values(&other));
}

#[test]
fn the_default_org_is_large_and_its_names_are_unique() {
    let org = Org::generate(1, NOW, Sizes::default());
    let names: std::collections::HashSet<_> = org
        .table(object("Account"))
        .unwrap()
        .all()
        .map(|record| record.get("Name").as_text().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 1_200);
    for name in ["Contact", "Opportunity", "Case"] {
        assert!(
            org.table(object(name)).unwrap().all().count() >= 1_000,
            "{name}"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let org = org();
    for table in &org.tables {
        for field in table.object.fields {
            let Kind::Reference(target, _) = field.kind else {
                continue;
            };
            for record in table
                .all()
                .filter(|record| !record.get(field.name).is_null())
            {
                assert!(org.follow(object(target), record.get(field.name)).is_some());
            }
        }
    }
}

#[test]
fn create_update_delete_are_real() {
    let (mut org, contact) = (org(), object("Contact"));
    let body =
        fields(json!({"LastName": "Lovelace", "FirstName": "Ada", "Email": "ada@mail.example"}));
    let id = org.create(contact, &body, NOW).unwrap();
    assert_eq!(
        org.record(contact, &id[..15]).unwrap().get("Name"),
        &Value::text("Ada Lovelace")
    );
    org.update(
        contact,
        &id,
        &fields(json!({"LastName": "King", "Birthdate": "1815-12-10"})),
        NOW + 5,
    )
    .unwrap();
    let record = org.record(contact, &id).unwrap();
    assert_eq!(record.get("Name"), &Value::text("Ada King"));
    assert_eq!(record.get("LastModifiedDate"), &Value::Instant(NOW + 5));
    org.delete(contact, &id, NOW).unwrap();
    assert_eq!(
        org.record(contact, &id).unwrap_err().code,
        "ENTITY_IS_DELETED"
    );
    assert_eq!(
        org.delete(contact, &id, NOW).unwrap_err().code,
        "ENTITY_IS_DELETED"
    );
}

#[test]
fn writes_are_refused_as_salesforce_refuses_them() {
    let mut org = org();
    let taken = org
        .record(object("Contact"), &id::make("003", 1))
        .unwrap()
        .get("Email")
        .as_text()
        .unwrap()
        .to_owned();
    let cases = [
        ("Account", json!({}), "REQUIRED_FIELD_MISSING"),
        ("Account", json!({"Name": " "}), "REQUIRED_FIELD_MISSING"),
        (
            "Account",
            json!({"Name": "A", "Colour": "red"}),
            "INVALID_FIELD",
        ),
        (
            "Account",
            json!({"Name": "A", "CreatedDate": "2026-01-01T00:00:00Z"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
        (
            "Account",
            json!({"Name": "x".repeat(256)}),
            "STRING_TOO_LONG",
        ),
        (
            "Account",
            json!({"Name": "A", "NumberOfEmployees": "many"}),
            "JSON_PARSER_ERROR",
        ),
        (
            "Account",
            json!({"Name": "A", "ParentId": "nonsense"}),
            "MALFORMED_ID",
        ),
        (
            "Account",
            json!({"Name": "A", "ParentId": id::make("001", 999)}),
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        (
            "Contact",
            json!({"LastName": "B", "Email": taken.to_uppercase()}),
            "DUPLICATES_DETECTED",
        ),
        (
            "Opportunity",
            json!({"Name": "C", "StageName": "Prospecting"}),
            "REQUIRED_FIELD_MISSING",
        ),
        (
            "User",
            json!({"Name": "D"}),
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        ),
    ];
    for (name, body, code) in cases {
        let before = org.table(object(name)).unwrap().all().count();
        assert_eq!(
            org.create(object(name), &fields(body.clone()), NOW)
                .unwrap_err()
                .code,
            code,
            "{body}"
        );
        assert_eq!(org.table(object(name)).unwrap().all().count(), before);
    }
    let account = id::make("001", 1);
    let emptied = org
        .update(
            object("Account"),
            &account,
            &fields(json!({"Name": null})),
            NOW,
        )
        .unwrap_err();
    assert_eq!(
        (emptied.code, emptied.fields),
        ("REQUIRED_FIELD_MISSING", vec!["Name".to_owned()])
    );
}

#[test]
fn ids_of_another_object_or_no_object_are_not_found() {
    let org = org();
    for id in [
        id::make("003", 1),
        id::make("001", 4_000),
        "nonsense".to_owned(),
    ] {
        assert_eq!(
            org.record(object("Account"), &id).unwrap_err().status,
            404,
            "{id}"
        );
    }
}

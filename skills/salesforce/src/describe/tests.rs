#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn what_a_caller_needs_is_there() {
    let json: Json = serde_json::from_str(
        r#"{"name":"Opportunity","label":"Opportunity","createable":true,"updateable":false,"fields":[
            {"name":"Name","label":"Name","type":"string","createable":true,"updateable":true,"nillable":false,"defaultedOnCreate":false},
            {"name":"OwnerId","type":"reference","createable":true,"nillable":false,"defaultedOnCreate":true,"referenceTo":["User","Group"],"relationshipName":"Owner"},
            {"name":"StageName","type":"picklist","nillable":true,"picklistValues":[{"value":"Open","active":true},{"value":"Old","active":false}]}]}"#,
    )
    .unwrap();
    let object = object(&json).unwrap();
    assert_eq!(
        (object.name.as_str(), object.createable, object.updateable),
        ("Opportunity", true, false)
    );
    let [name, owner, stage] = &object.fields[..] else {
        unreachable!()
    };
    assert!(name.required && name.updateable && !owner.required && !stage.required);
    assert_eq!(
        (&owner.reference_to[..], owner.relationship.as_deref()),
        (&["User".to_owned(), "Group".to_owned()][..], Some("Owner"))
    );
    assert_eq!(
        (stage.type_.as_str(), &stage.values[..]),
        ("picklist", &["Open".to_owned()][..])
    );
}

#[test]
fn what_is_no_description_is_an_error() {
    assert!(matches!(object(&Json::Null), Err(Error::Unavailable(_))));
}

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn a_component_that_differs_is_refused_or_written_anew() {
    let folder =
        std::env::temp_dir().join(format!("metier-xtask-committed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (built, kept) = (folder.join("built"), folder.join("kept"));
    std::fs::write(&built, "new").unwrap();
    std::fs::write(&kept, "old").unwrap();
    let refused = compare("openapi", &built, &kept, false)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("METIER_UPDATE_COMPONENTS=1 cargo xtask guests --only openapi"),
        "{refused}"
    );
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "old");
    compare("openapi", &built, &kept, true).unwrap();
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "new");
    compare("openapi", &built, &kept, false).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

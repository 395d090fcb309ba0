//! Errors of the runtime's modules as the one error surfaces show: a code, one sentence, a hint.

pub(crate) use metier_core::fault::sentence;
use metier_core::{Code, Fault};

use crate::code_cache::CodeError;
use crate::guest::ArgumentsError;
use crate::skill::{LoadError, Mismatch, SectionError};

impl From<ArgumentsError> for Fault {
    fn from(error: ArgumentsError) -> Fault {
        let hint = match &error {
            ArgumentsError::Value(error) => error.hint.clone(),
            _ => None,
        };
        let fault = Fault::new(Code::InvalidArguments, sentence(&error.to_string()));
        match hint {
            Some(hint) => fault.with_hint(hint),
            None => fault,
        }
    }
}

impl From<CodeError> for Fault {
    fn from(error: CodeError) -> Fault {
        let code = match &error {
            CodeError::Invalid(_) => Code::SkillNotAComponent,
            CodeError::Unusable { .. } => Code::CodeCacheUnusable,
        };
        Fault::new(code, sentence(&error.to_string()))
    }
}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Fault {
        let code = code(&error);
        let fault = Fault::new(code, sentence(&error.to_string()));
        match hint(&error) {
            Some(hint) => fault.with_hint(hint),
            None => fault,
        }
    }
}

fn code(error: &LoadError) -> Code {
    match error {
        LoadError::Sections(SectionError::TooLarge(_)) => Code::SkillTooLarge,
        LoadError::Sections(SectionError::Section { .. }) => Code::SkillSectionInvalid,
        LoadError::Sections(_) => Code::SkillNotAComponent,
        LoadError::Manifest(_) => Code::SkillManifestInvalid,
        LoadError::Mismatch(_) => Code::SkillManifestMismatch,
        LoadError::Schema(_) => Code::SkillSchemaMismatch,
        LoadError::Tools(_) | LoadError::Resources(_) => Code::SkillSectionInvalid,
        LoadError::NoTools(_) | LoadError::NotCallable(_) | LoadError::NotFrozen => {
            Code::SkillNoTools
        }
        LoadError::Imports(_) => Code::SkillImportsUnsatisfied,
        LoadError::Code(CodeError::Unusable { .. }) => Code::CodeCacheUnusable,
        LoadError::Code(CodeError::Invalid(error)) if outgrows_pool(error) => Code::SkillTooLarge,
        LoadError::Code(CodeError::Invalid(_)) => Code::SkillNotAComponent,
    }
}

/// A sound component with more instances, memories or tables than a slot of the pool has. wasmtime has no type for it, only
/// these words; a test with such components holds them.
fn outgrows_pool(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("configured maximum")
}

fn hint(error: &LoadError) -> Option<String> {
    match error {
        LoadError::Sections(SectionError::CoreModule) => {
            Some("Build it for wasm32-wasip2, or turn it into a component with `wasm-tools component new`.".into())
        }
        LoadError::Manifest(error) => error.hint().map(str::to_owned),
        LoadError::Mismatch(Mismatch::UnknownTool { nearest: Some(nearest), .. }) => {
            Some(format!("Did you mean `{nearest}`?"))
        }
        LoadError::NotFrozen => Some("Pack it with `metier pack`, which asks it once and keeps the answer.".into()),
        LoadError::Schema(_) => Some("Pack it again with `metier pack`.".into()),
        _ => None,
    }
}

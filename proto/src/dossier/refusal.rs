//! Why a file is not taken as a dossier.

use super::name::NameError;

/// What is wrong with a dossier. Each says what a reader would otherwise have to guess about.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DossierError {
    /// Over a bound; or a ZIP of more than 4 GiB.
    #[error("it is larger than a dossier can be")]
    TooLarge,
    /// More files than a dossier can hold.
    #[error("it holds more files than a dossier can")]
    TooMany,
    /// No document at all.
    #[error("it holds no document")]
    Empty,
    /// The last 22 bytes are no end record, or it has a comment.
    #[error("its end is missing, or something was added behind it")]
    End,
    /// Numbers that say that the real ones stand elsewhere.
    #[error("it is a ZIP64 file, which a dossier never is")]
    Zip64,
    /// Content that needs a password.
    #[error("an entry in it is encrypted")]
    Encrypted,
    /// Content that unfolds.
    #[error("an entry in it is compressed, which no entry of a dossier is")]
    Compressed,
    /// Sizes and CRC behind the content.
    #[error("an entry in it gives its size behind its content")]
    Descriptor,
    /// Extra fields or comments.
    #[error("an entry in it has an extra field or a comment")]
    Extra,
    /// Two sizes of what is not compressed.
    #[error("an entry in it has two different sizes")]
    Sizes,
    /// Overlapping entries, or bytes that belong to none.
    #[error("its entries overlap, or there are bytes between them that belong to none")]
    Place,
    /// The header in front of a content is not that of the directory.
    #[error("an entry is described in two different ways")]
    Header,
    /// Another way to write the same.
    #[error("it is not spelt as a dossier is")]
    Spelling,
    /// The first two entries are others.
    #[error("it does not begin with its media type and its list")]
    First,
    /// A name that no file of a dossier has.
    #[error("an entry in it has a name that is not allowed: {0}")]
    Name(NameError),
    /// The same name again, also if only capitals differ, or a folder of the name of a file.
    #[error("two entries in it have the same name")]
    NameTwice,
    /// The list is not text, or not in its order.
    #[error("its list is malformed")]
    List,
    /// The list names other files than there are.
    #[error("its list and its entries differ")]
    ListDiffers,
    /// A receipt without its document.
    #[error("a receipt in it has no document")]
    ReceiptAlone,
    /// A content with another CRC or digest.
    #[error("a content in it is not the one in its list")]
    Content,
}

impl From<NameError> for DossierError {
    fn from(error: NameError) -> DossierError {
        DossierError::Name(error)
    }
}

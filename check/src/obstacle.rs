//! What can be in the way of judging a document: codes and words. What a person reads about it is
//! for whoever reads the files, as that knows what there is to do.

use proto::verify::Word;

/// Why a document could not be judged by its receipt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Obstacle {
    /// There is no receipt for it.
    ReceiptMissing,
    /// The receipt is not there any more, or too large to be one.
    ReceiptUnreadable,
    /// A sealed PDF is not what its builder makes.
    SealChanged,
    /// A newer program sealed it.
    SealVersion,
    /// The paper is of another document.
    SheetDiffers,
    /// The paper shows what the receipt hides.
    SheetHidden,
    /// The document cannot be read.
    FileUnreadable,
    /// A ZIP file that is not as dossiers are written.
    DossierRefused,
    /// A part of a dossier is not what its list says.
    DossierChanged,
    /// A status list at hand is of no use; it could say otherwise.
    ListRefused,
}

impl Obstacle {
    /// All of them.
    pub const ALL: [Obstacle; 10] = [
        Obstacle::ReceiptMissing,
        Obstacle::ReceiptUnreadable,
        Obstacle::SealChanged,
        Obstacle::SealVersion,
        Obstacle::SheetDiffers,
        Obstacle::SheetHidden,
        Obstacle::FileUnreadable,
        Obstacle::DossierRefused,
        Obstacle::DossierChanged,
        Obstacle::ListRefused,
    ];

    /// The verdict's word: what was changed is wrong, all else cannot be told.
    pub fn word(self) -> Word {
        match self {
            Obstacle::SealChanged | Obstacle::DossierChanged | Obstacle::SheetDiffers => {
                Word::Invalid
            }
            _ => Word::CannotTell,
        }
    }

    /// The same word for the same thing, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Obstacle::ReceiptMissing => "receipt-missing",
            Obstacle::ReceiptUnreadable => "receipt-unreadable",
            Obstacle::SealChanged => "sealed-file-changed",
            Obstacle::SealVersion => "seal-version-unknown",
            Obstacle::SheetDiffers => "sheet-differs",
            Obstacle::SheetHidden => "sheet-field-hidden",
            Obstacle::FileUnreadable => "file-unreadable",
            Obstacle::DossierRefused => "dossier-refused",
            Obstacle::DossierChanged => "dossier-changed",
            Obstacle::ListRefused => "status-list-refused",
        }
    }
}

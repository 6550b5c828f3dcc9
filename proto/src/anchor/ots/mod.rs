//! OpenTimestamps: the bounded codec of `.ots` files and of what calendars answer.

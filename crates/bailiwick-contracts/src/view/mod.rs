//! Views: the narrower tool that models see, and how a call of it becomes a call of the tool.

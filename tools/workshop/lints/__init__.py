"""Rules of this house that no ready-made tool knows: pure functions over syntax trees and texts."""

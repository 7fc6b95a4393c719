namespace Stackflare.Targets.Guest;

/// <summary>A value that code is compiled for anew, whose type can be unloaded.</summary>
/// <param name="Number">Which.</param>
public readonly record struct Ticket(int Number);

namespace Stackflare.Targets.Common;

/// <summary>A lock of the truth, and the mark of the method that took it.</summary>
/// <param name="Lock">Its name, by <see cref="ObjectNames"/>.</param>
/// <param name="Mark">The method, and the line that it stands on.</param>
public readonly record struct HeldMark(string Lock, Mark Mark);

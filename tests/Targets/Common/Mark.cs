namespace Stackflare.Targets.Common;

/// <summary>One frame of the truth: a method and the line it stands on.</summary>
/// <param name="Method">Declaring type and method, as a dump should name them.</param>
/// <param name="Line">The line of the call that has not returned.</param>
public readonly record struct Mark(string Method, int Line);

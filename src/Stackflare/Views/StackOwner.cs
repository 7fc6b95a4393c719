namespace Stackflare.Views;

/// <summary>Whose code a frame or a stack is. A stack belongs to the highest owner of its frames.</summary>
internal enum StackOwner
{
    /// <summary>Framework code, stubs and native code.</summary>
    Platform,

    /// <summary>A library that the program uses, or code that was generated at run time.</summary>
    Library,

    /// <summary>The program's own code.</summary>
    Program,
}

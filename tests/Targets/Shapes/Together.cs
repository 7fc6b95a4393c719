using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Several shapes in one program. Its main thread is that of the last one.</summary>
internal sealed class Together(Shape[] shapes) : Shape
{
    public override void Start(Host host)
    {
        foreach (Shape shape in shapes)
            shape.Start(host);
    }

    public override bool IsStill(Thread main) => shapes[^1].IsStill(main);

    public override void OnMain(Host host) => shapes[^1].OnMain(host);
}

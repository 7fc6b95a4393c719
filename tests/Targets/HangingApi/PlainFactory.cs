using Microsoft.AspNetCore.Http.Features;

namespace HangingApi;

/// <summary>A factory that the host does not know, and so does not let it reset its contexts.</summary>
internal sealed class PlainFactory(IHttpContextFactory inner) : IHttpContextFactory
{
    public HttpContext Create(IFeatureCollection featureCollection) => inner.Create(featureCollection);

    public void Dispose(HttpContext httpContext) => inner.Dispose(httpContext);
}

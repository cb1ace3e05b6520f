using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.S3.Internal;

namespace PluginRuntime.Connectors.S3;

/// <summary>
/// Where requests go when the instance names the host and the bucket stands in the path: always to the same place. The SDK's own rules,
/// which know Amazon's partitions and access points, are a quarter of what each load context would compile before its first request.
/// </summary>
internal sealed class GivenHost(string bucketUrl, string region) : AmazonS3EndpointResolver, IEndpointProvider
{
    private static readonly EndpointParameters _none = new();

    private readonly PropertyBag _attributes = new()
    {
        ["authSchemes"] = new List<object>
        {
            new PropertyBag { ["name"] = "sigv4", ["signingName"] = "s3", ["signingRegion"] = region, ["disableDoubleEncoding"] = true },
        },
    };

    public Endpoint ResolveEndpoint(EndpointParameters parameters) => new(bucketUrl) { Attributes = _attributes };

    /// <summary>Has the client ask here wherever it would resolve.</summary>
    internal void Enter(RuntimePipeline pipeline)
    {
        pipeline.ReplaceHandler<AmazonS3EndpointResolver>(this);
        pipeline.ReplaceHandler<AmazonS3AuthSchemeHandler>(new Signature(this));
    }

    protected override EndpointParameters MapEndpointsParameters(IRequestContext requestContext) => _none;

    private sealed class Signature(GivenHost host) : AmazonS3AuthSchemeHandler
    {
        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) =>
            RetrieveSchemesFromEndpoint(host.GetEndpoint(executionContext));
    }
}

/** The page of a training job in the AWS console of its region and partition; undefined for what is not an AWS ARN. */
export function sageMakerConsoleUrl(name: string, arn: string): string | undefined {
  const match = /^arn:(aws[a-z-]*):sagemaker:([a-z0-9-]+):/.exec(arn);
  const region = match?.[2];
  if (region === undefined) return undefined;
  const domain = match?.[1] === 'aws-cn' ? 'console.amazonaws.cn' : 'console.aws.amazon.com';
  return `https://${region}.${domain}/sagemaker/home?region=${region}#/jobs/${name}`;
}
